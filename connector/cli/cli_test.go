package cli_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"mailgun-connector/connector/cli"
)

// TestMain lets the scripts run the command line as a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mailgun-connector": func() {
		os.Exit(cli.Run(context.Background(), os.Args[1:], cli.Process{Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv}))
	}})
}

// TestScripts runs testdata/*.txtar, which show every command as a user sees it.
// Besides testscript's own commands there is "exits STATUS COMMAND…", as "!" only
// tells failure from success. $CLOSED is a port that nobody listens on.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(env *testscript.Env) error {
			env.Setenv("CLOSED", "127.0.0.1:1")       // a port that was free a moment ago may be another test's by now
			env.Setenv("GORACE", "atexit_sleep_ms=0") // or else every command takes a second under -race
			return nil
		},
	})
}

// exits runs a command that must end with a status.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var failed *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &failed):
		got = failed.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit status of %v = %d, want %d", args[1:], got, want)
	}
}
