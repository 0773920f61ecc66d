package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/callers"
	"mailgun-connector/connector/config"
)

type statusCmd struct{ serviceOptions }

func escaped(segment string) string { return url.PathEscape(segment) }

// toldStatus is what GET /status answers, as far as it is shown.
type toldStatus struct {
	Version  string
	Database string
	Setup    *struct{} // while there is no config
	Config   struct {
		File, ETag string
		LoadedAt   time.Time
		Reload     struct {
			OK       bool
			Problems []config.Problem
		}
	}
	Ways *struct {
		Use  string
		Down []string
	}
	Health struct {
		Since     time.Time
		Hour, Day toldSummary
		LastError *told
		Queue     *struct {
			Messages      int
			OldestSeconds float64
			Breaker       string
		}
		Webhooks struct {
			Key     bool
			Reports map[string]time.Time
		}
	}
}

type toldSummary struct {
	Outcomes            map[string]int
	Accepted, Delivered *struct{ P50Ms, P95Ms float64 }
}

// Run shows how the service is doing.
func (cmd *statusCmd) Run(c *call) error {
	answer, err := cmd.ask(c, http.MethodGet, "/status", nil)
	if err != nil {
		return err
	}
	if cmd.JSON {
		_, err = c.Stdout.Write(answer)
		return err
	}
	var s toldStatus
	if err := json.Unmarshal(answer, &s); err != nil {
		return fmt.Errorf("reading the service's answer: %w", err)
	}
	w := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
	reload := "the file on disk"
	if !s.Config.Reload.OK {
		reload = "OLDER than the file on disk, which has problems"
	}
	fmt.Fprintf(w, "version\t%s, since %s\n", s.Version, s.Health.Since.Format(time.DateTime))
	fmt.Fprintf(w, "config\t%s %s, loaded %s, %s\n",
		s.Config.File, s.Config.ETag, s.Config.LoadedAt.Format(time.DateTime), reload)
	for _, p := range s.Config.Reload.Problems {
		fmt.Fprintf(w, "\t%s\n", p)
	}
	if s.Ways != nil {
		fmt.Fprintf(w, "way\t%s, down: %s\n", s.Ways.Use, cmp.Or(strings.Join(s.Ways.Down, ", "), "none"))
	}
	s.Health.Hour.write(w, "last hour")
	s.Health.Day.write(w, "last day")
	switch q := s.Health.Queue; {
	case s.Database == "":
		fmt.Fprintln(w, "queue\tnone, as there is no database")
	case q == nil:
		fmt.Fprintln(w, "queue\tnot known, as the database does not answer")
	default:
		fmt.Fprintf(w, "queue\t%d waiting, the oldest for %.0f s, breaker %s\n", q.Messages, q.OldestSeconds, q.Breaker)
	}
	if !s.Health.Webhooks.Key {
		fmt.Fprintln(w, "reports\tnot taken, which needs a database and Mailgun's webhook signing key")
	} else if len(s.Health.Webhooks.Reports) == 0 {
		fmt.Fprintln(w, "reports\tnone yet")
	}
	for _, kind := range slices.Sorted(maps.Keys(s.Health.Webhooks.Reports)) {
		fmt.Fprintf(w, "last report\t%s, %s\n", kind, s.Health.Webhooks.Reports[kind].Format(time.DateTime))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if e := s.Health.LastError; e != nil {
		fmt.Fprintf(c.Stdout, "last error at %s %s\n", e.At.Format(time.DateTime), quoted(e.Status, e.Message))
		explain(c.Stdout, e)
	}
	if s.Setup != nil {
		return nil
	}
	if err := cmd.tellCalls(c); err != nil { // it may be of an earlier version, and all else is told
		fmt.Fprintf(c.Stderr, "%s: warning: the last calls of callers are not known: %v\n", name, err)
	}
	return nil
}

// tellCalls shows how the last calls of each caller went.
func (cmd *statusCmd) tellCalls(c *call) error {
	answer, err := cmd.ask(c, http.MethodPost, "/callers", struct{}{})
	if err != nil {
		return err
	}
	var told struct{ Callers []connector.CallerCard }
	if err := json.Unmarshal(answer, &told); err != nil {
		return fmt.Errorf("reading the service's answer: %w", err)
	}
	for _, card := range told.Callers {
		for _, f := range callers.LastCalls(card.Name, card.Last) {
			fmt.Fprintf(c.Stdout, "caller %s\n", f.Detail)
			if f.Hint != "" {
				fmt.Fprintln(c.Stdout, "  "+f.Hint)
			}
		}
	}
	return nil
}

func (s *toldSummary) write(w *tabwriter.Writer, name string) {
	fmt.Fprintf(w, "%s\t", name)
	if len(s.Outcomes) == 0 {
		fmt.Fprint(w, "nothing")
	}
	for i, outcome := range slices.Sorted(maps.Keys(s.Outcomes)) {
		if i > 0 {
			fmt.Fprint(w, ", ")
		}
		fmt.Fprintf(w, "%d %s", s.Outcomes[outcome], outcome)
	}
	if t := s.Accepted; t != nil {
		fmt.Fprintf(w, "; accepted in %.0f ms, 95 %% in %.0f ms", t.P50Ms, t.P95Ms)
	}
	if t := s.Delivered; t != nil {
		fmt.Fprintf(w, "; delivered in %.1f s, 95 %% in %.1f s", t.P50Ms/1000, t.P95Ms/1000)
	}
	fmt.Fprintln(w)
}
