SELECT coalesce(max(version_id), 0) FROM schema_migrations WHERE is_applied
