"""What an installation lacks, said in words with what to do: ``pinhui doctor``.

It runs where nothing else does: libraries are looked for and never needed.
"""
