"""The packet path's two cores behind one interface: ``plain`` in Python, ``native`` in C.

A core renumbers, encrypts and sends; who is shown what is decided by ``router`` and ``rooms``.
"""
