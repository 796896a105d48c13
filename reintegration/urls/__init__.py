"""The addresses of the later chapters, all below a case."""

from importlib import import_module
from pkgutil import iter_modules

from django.urls import URLPattern

urlpatterns: list[URLPattern] = [
    pattern for chapter in iter_modules(__path__) for pattern in import_module(f"{__name__}.{chapter.name}").urlpatterns
]
