"""The same release store on an object location: push to it, pull from it, verify what is there."""
