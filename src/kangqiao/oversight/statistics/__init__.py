"""Daily facts (日统计): the only thing that bulletins and screens read."""
