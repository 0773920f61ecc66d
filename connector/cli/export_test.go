package cli

// CollectorPolicy returns what the garbage collector is told: 0 for nothing.
func CollectorPolicy(getenv func(string) string, container func() (uint64, error)) (percent int, limit int64) {
	p := newCollectorPolicy(getenv, container)
	return p.percent, p.limit
}
