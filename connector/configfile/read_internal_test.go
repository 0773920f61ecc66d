package configfile

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// A network file system that stops answering.
func TestAwaitGivesUp(t *testing.T) {
	t.Parallel()
	var s Source
	answer, reads := make(chan struct{}), 0
	hanging := func() ([]byte, error) {
		reads++
		<-answer
		return []byte("late"), nil
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 {
		_, err := s.await(over, "/mnt/mail.html", hanging)
		if !errors.Is(err, ErrSlow) || !strings.Contains(err.Error(), "/mnt/mail.html") {
			t.Errorf("await() = %v, want %v and the path", err, ErrSlow)
		}
	}
	close(answer)
	text, err := s.await(t.Context(), "/mnt/mail.html", func() ([]byte, error) { return []byte("late"), nil })
	if err != nil || string(text) != "late" {
		t.Errorf("await() once it answers = %q, %v, want late", text, err)
	}
	if reads != 1 {
		t.Errorf("reads that hang = %d, want 1 for all who asked", reads)
	}
}

func TestStopDoesNotWaitForALook(t *testing.T) {
	t.Parallel()
	answer, looking := make(chan struct{}), make(chan struct{}, 1)
	path := t.TempDir() + "/connector.yaml"
	put(t, path, "old")
	w := Watch(func() []string { return []string{path} }, func() {
		looking <- struct{}{}
		<-answer
	}, slog.New(slog.DiscardHandler))
	put(t, path, "new")
	<-looking
	w.Stop()
	close(answer)
	<-w.done
}
