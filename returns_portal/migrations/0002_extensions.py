from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    """Search by alias needs trigrams before the cases' first index names them."""

    dependencies = [("returns_portal", "0001_initial")]
    run_before = [("cases", "0001_initial")]
    operations = [TrigramExtension()]
