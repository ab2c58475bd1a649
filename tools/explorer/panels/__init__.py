"""The explorer's panels, a file each: see tools/explorer/__init__.py."""
