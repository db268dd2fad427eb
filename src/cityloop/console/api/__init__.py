"""The JSON API, `/api/v1`: what the pages do, for programs; one file a subject."""
