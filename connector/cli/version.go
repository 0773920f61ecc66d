package cli

import (
	"fmt"

	"mailgun-connector/schema"
)

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(c *call) error {
	_, err := fmt.Fprintln(c.Stdout, name, version())
	return err
}

type schemaCmd struct{}

// Run prints the schema.
func (schemaCmd) Run(c *call) error {
	_, err := c.Stdout.Write(schema.JSON())
	return err
}
