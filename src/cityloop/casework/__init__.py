"""Citizens' services and complaints: intake, route, work, close."""
