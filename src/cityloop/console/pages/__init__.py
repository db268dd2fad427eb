"""The pages, one file each: ask a use case, fill a template."""
