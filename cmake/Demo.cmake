# qtool demo target
