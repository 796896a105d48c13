#!/usr/bin/env python
"""Django's door. While `make demo` runs in this folder, commands talk to its servers."""

import os
import sys

from django.core.management import execute_from_command_line

from returns_portal.embedded import demo_environment

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "returns_portal.settings")
    for name, value in demo_environment().items():
        os.environ.setdefault(name, value)
    execute_from_command_line(sys.argv)
