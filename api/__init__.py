"""The doors of Kinline: HTTP routes, pages and the `kinline` command. Decides nothing."""
