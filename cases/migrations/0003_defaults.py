from django.db import migrations

from cases.defaults import install_defaults


class Migration(migrations.Migration):
    """Clock rules, programme numbers, code lists and texts."""

    dependencies = [("cases", "0002_initial")]
    operations = [migrations.RunPython(lambda apps, editor: install_defaults(apps), migrations.RunPython.noop)]
