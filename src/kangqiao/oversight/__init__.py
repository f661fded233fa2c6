"""Statistics, bulletin, quality, screen, supervision, assessment: what the city looks at."""
