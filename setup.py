"""The one thing that pyproject.toml cannot say: the packet core in C, optional, made by cffi."""

from setuptools import setup

setup(cffi_modules=["server/media/core/build.py:make_ffi"])
