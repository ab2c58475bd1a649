"""Studies, one a file: `get_study()` returns a `zoo.studies.Study`."""
