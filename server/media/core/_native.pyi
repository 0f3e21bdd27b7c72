"""What ``build`` makes by cffi: the functions and types of ``c/core.h``."""

from typing import Any

ffi: Any
lib: Any
