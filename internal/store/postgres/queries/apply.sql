SELECT apply($1::text, $2::text, $3::bigint, $4::jsonb)
