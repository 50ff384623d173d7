"""The full-screen pager as a value: state, key bindings, filter and search, and the rows to show."""
