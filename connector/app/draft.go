package app

import (
	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/deliveries"
	"mailgun-connector/schema"
)

// buildDraft makes a connector of a config that came over the network, with
// the running one's key if it has none of its own. It may name the files that the
// running config names, in the same places, and gets them as that has them: so what
// GET /config returns can be tried as it is. Where a config can be saved, it may name
// what a saved one may.
func (a *App) buildDraft(text config.Document) (*connector.Connector, error) {
	snapshot := a.current.Load().snapshot
	now := snapshot.Config
	refs, policy := referencesOf(now), a.newDraftFilePolicy(snapshot)
	cfg, err := config.Parse(text.Data, config.ParseOptions{
		Format:     text.Format,
		APIKey:     now.APIKey,
		AllowHosts: a.opts.AllowEndpointHosts,
		ReadFile: func(pointer, name string) ([]byte, error) {
			if ref, ok := refs[pointer]; ok && ref.name == name {
				return []byte(ref.text), nil
			}
			if !a.opts.Console {
				return nil, config.ErrNoFiles
			}
			return policy.read(pointer, name)
		},
	})
	if err != nil {
		return nil, err
	}
	return a.build(cfg, false) // the outbox would send it later with another config
}

// reference is a file that a config names, with its text.
type reference struct{ name, text string }

// referencesOf returns the files that a config names by the pointer to their name.
func referencesOf(cfg *config.Config) map[string]reference {
	refs := map[string]reference{}
	add := func(usageType, member string, r reference) {
		if r.name != "" {
			refs["/deliveries/"+schema.EscapePointer(usageType)+"/"+member] = r
		}
	}
	for usageType, d := range cfg.Deliveries {
		add(usageType, "htmlFile", htmlOf(d))
		add(usageType, "textFile", reference{d.TextFile, d.Text})
	}
	return refs
}

func htmlOf(d deliveries.Delivery) reference { return reference{d.HTMLFile, d.HTML} }
