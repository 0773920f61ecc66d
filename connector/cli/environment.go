package cli

import (
	"strings"

	"github.com/alecthomas/kong"
)

// environment takes options from the environment that a [Process] has; kong's own way
// reads the real one, and takes an empty variable for a value. Compose files leave
// variables empty that are not set: they mean the default.
func environment(getenv func(string) string) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, variable := range flag.Envs {
			if value := getenv(variable); value != "" {
				return value, nil
			}
		}
		return nil, nil
	})
}

// forgetEnvironment keeps kong from reading an option from the environment itself.
func forgetEnvironment(node kong.Visitable, next kong.Next) error {
	if flag, ok := node.(*kong.Flag); ok {
		flag.Tag.Envs = nil
	}
	return next(nil)
}

// describeOption is an option's help, with its twin in the environment.
func describeOption(v *kong.Value) string {
	if v.Flag == nil || len(v.Flag.Envs) == 0 {
		return v.Help
	}
	return strings.TrimSuffix(v.Help, ".") + " ($" + strings.Join(v.Flag.Envs, ", $") + ")."
}
