"""The Python runtime. Python 3.8 is the oldest that runs it."""
