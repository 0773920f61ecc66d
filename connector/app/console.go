package app

import (
	"net/http"

	"mailgun-connector/connector/console"
)

// openConsole gives the web console, or nil if it is not wanted.
func openConsole(opts Options) (http.Handler, error) {
	if !opts.Console {
		return nil, nil
	}
	return console.New()
}
