package outboxtest_test

import (
	"testing"

	"mailgun-connector/connector/outbox/outboxtest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	outboxtest.Run(t, func(*testing.T) outboxtest.Store { return outboxtest.NewMemory() })
}
