"""Records: what people decided and who they are, as Django models; a migration for every change."""
