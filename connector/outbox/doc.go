// Package outbox keeps accepted mails until they are sent or their failure is
// known, through crashes, outages and several replicas.
//
// A [Store] holds them: SQLite for one process, PostgreSQL for several, memory
// for tests. The package will wrap a connector.Sender and be one itself, so that
// the connector does not know it; that part is not here yet.
package outbox
