"""The commands of `kinline`, one module each. With `api.main` the only part of the API that opens infrastructure."""
