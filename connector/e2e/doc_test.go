//go:build e2e

// Package e2e_test runs the built binary the way an operator does: as a process
// with a config on disk, called over HTTP, in front of the sandbox or of a
// broken server, stopped and reloaded with signals. `make e2e` runs it, after it
// has installed Logto's connector, which [TestHTTPEmailConnector] calls from.
//
// Campaigns have something go wrong under load, with a database: what was promised
// is counted afterwards. Those on PostgreSQL need a server in TEST_POSTGRES, which
// `make postgres-test` gives them.
//
// Tests that put load on the machine do not run in parallel, as the others
// measure times; Go runs them first.
package e2e_test
