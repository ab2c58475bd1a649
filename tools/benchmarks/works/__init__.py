"""The works, one file each; what a file defines is said in tools/benchmarks/__init__.py."""
