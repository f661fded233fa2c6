"""The audit trail (审计记录): who did what, chained so that no event can be changed, removed or moved unseen."""
