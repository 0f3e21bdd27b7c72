"""Shared page-making: rendering, request context, CSRF, security headers and error pages."""
