// Package connector is the core of the service: a [Connector] is made of a config, turns
// a request into one mail, and hands that to a [Sender].
//
// Everything that can be wrong with a config is found by [config.Parse], and everything
// that can be prepared is prepared by [New]; a Connector never changes afterwards, and a
// new config means a new one. The package knows neither HTTP, nor databases, nor
// Mailgun's client: those are rooms below it, and package app puts them together.
//
// Beside that it is the vocabulary that the rooms around it share: what a message, its
// attempts and events are, and every reason with its words ([Reason]), which is a third of it.
package connector

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"mailgun-connector/connector/config"
	"mailgun-connector/deliveries"
)

// Connector sends mails as one config says. It is immutable and safe for
// concurrent use.
type Connector struct {
	config *config.Config
	from   string // of the config, as it is sent
	set    *deliveries.Set
	sender Sender
	hasher *RecipientHasher
}

// New compiles a config. The sender must use the same config's endpoint, domain
// and key.
func New(cfg *config.Config, sender Sender, hasher *RecipientHasher) (*Connector, error) {
	set, err := deliveries.New(deliveries.Config{
		Deliveries:       cfg.Deliveries,
		Templates:        cfg.Templates,
		Brand:            cfg.Brand,
		FallbackLanguage: cfg.FallbackLanguage,
		Layout:           cfg.Layout,
		AutoText:         cfg.Options.AutoText == nil || *cfg.Options.AutoText,
	})
	if err != nil {
		return nil, err
	}
	return &Connector{cfg, deliveries.EncodeName(cfg.From), set, sender, hasher}, nil
}

// Config is the config that the connector was made of. The caller must not
// change it.
func (c *Connector) Config() *config.Config { return c.config }

// Mails has every content of the config.
func (c *Connector) Mails() *deliveries.Set { return c.set }

// HasContent reports whether the config has content of the usage type's own.
func (c *Connector) HasContent(usageType string) bool { return c.set.HasContent(usageType) }

// Result is what became of a request that reached a content. Receipt is that of
// the sender, and without a provider id unless the mail was taken.
type Result struct {
	Receipt
	ID         string // of the message
	Recipient  RecipientHash
	Source     string   // the content used, see [deliveries.Content.Source]
	Unresolved []string // placeholders that the payload has no value for
}

// maxExpiry bounds how far ahead a request may set its code's end; it is the
// longest time that Mailgun tries for.
const maxExpiry = 24 * time.Hour

// Send renders the content for a request and hands it to the sender. The error
// is an [*Error]; the result says even then what is known.
func (c *Connector) Send(ctx context.Context, req *Request) (Result, error) {
	mail, res, err := c.prepare(req)
	if err != nil {
		return res, err
	}
	receipt, err := c.sender.Send(ctx, mail)
	res.take(receipt)
	return res, err
}

// SendTogether is [Connector.Send] for the mails of one call. If one of them can't be
// made, none is sent, and that error is each one's.
func (c *Connector) SendTogether(ctx context.Context, reqs []*Request) ([]Result, []error) {
	results, errs := make([]Result, len(reqs)), make([]error, len(reqs))
	mails := make([]*Email, len(reqs))
	var failed error
	for i, req := range reqs {
		var err error
		if mails[i], results[i], err = c.prepare(req); err != nil && failed == nil {
			failed = err
		}
	}
	if failed != nil {
		return results, slices.Repeat([]error{failed}, len(reqs))
	}
	for i, handed := range SendTogether(ctx, c.sender, mails) {
		results[i].take(handed.Receipt)
		errs[i] = handed.Err
	}
	return results, errs
}

// prepare makes the mail of a request. The result says even with an error what is known.
func (c *Connector) prepare(req *Request) (*Email, Result, error) {
	if err := CheckRecipient("to", req.To); err != nil {
		return nil, Result{}, &Error{Code: InvalidRequest, Message: err.Error(), Err: ErrRecipient}
	}
	res := Result{Recipient: c.hasher.Hash(req.To)}
	mail, content, err := c.Render(req)
	if err != nil {
		return nil, res, err
	}
	res.Source, res.Unresolved = content.Source(), mail.Unresolved
	mail.Recipient, mail.Source = res.Recipient, res.Source
	if err := c.assignIdentity(mail, req); err != nil {
		return nil, res, err
	}
	res.ID = mail.ID
	mail.Redact = req.redact(mail.Subject)
	return mail, res, nil
}

// take adds what the sender says.
func (r *Result) take(receipt Receipt) {
	r.Receipt = receipt
	if r.MessageID != "" {
		r.ID = r.MessageID
	}
}

// ErrExpired marks an [Error] that is about a code whose life has ended: the person who
// wants it can ask for a new one.
var ErrExpired = errors.New("the code has expired")

// Recipient returns the hash of an address.
func (c *Connector) Recipient(to string) RecipientHash { return c.hasher.Hash(to) }

// assignIdentity sets what makes a mail a message: id, end of life.
func (c *Connector) assignIdentity(mail *Email, req *Request) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	now := time.Now()
	mail.ID, mail.Type, mail.IdempotencyKey, mail.Test = id.String(), req.Type, req.IdempotencyKey, req.Test
	if mail.Expires = c.expires(req, now); !mail.Expires.After(now) {
		return &Error{
			Code: InvalidRequest, Message: "The code has expired already: expiresAt is in the past.",
			Reason: ReasonExpired, Err: ErrExpired,
		}
	}
	return nil
}

// expires returns when the life of a request's code ends.
func (c *Connector) expires(req *Request, now time.Time) time.Time {
	limit := now.Add(maxExpiry)
	switch at := req.ExpiresAt; {
	case at.IsZero():
		return now.Add(c.config.Options.DeliverWithin)
	case at.After(limit):
		return limit
	default:
		return at
	}
}

// Render returns the mail that a request would send, without sending it and
// without asking for a recipient. The error is an [*Error].
func (c *Connector) Render(req *Request) (*Email, *deliveries.Content, error) {
	if err := req.check(); err != nil {
		return nil, nil, &Error{Code: InvalidRequest, Reason: ReasonRequest, Message: err.Error()}
	}
	content, payload, err := c.content(req)
	if err != nil {
		return nil, nil, err
	}
	head, err := content.Head(payload)
	if _, ok := errors.AsType[*deliveries.TooLargeError](err); ok {
		return nil, nil, &Error{
			Code: InvalidRequest, Reason: ReasonRequest, Message: "Refused: " + err.Error() + ".",
			Hint: "Send shorter values, or use each less often in the content.", Err: err,
		}
	}
	if err != nil {
		return nil, nil, &Error{
			Code: InvalidRequest, Reason: ReasonRequest, Message: "Refused: " + err.Error() + ".", Err: err,
		}
	}
	if head.From == "" {
		head.From = c.from
	}
	if head.Template != "" {
		payload = req.variables()
	}
	body := func() deliveries.Body { return content.Body(payload) }
	return &Email{Head: head, To: req.To, Body: body}, content, nil
}

// content returns the content for a request, and the payload that fills it.
func (c *Connector) content(req *Request) (*deliveries.Content, map[string]any, error) {
	if req.Rendered != nil && !req.RenderedLast {
		return c.rendered(req)
	}
	content, ok := c.set.Find(deliveries.Wanted{
		UsageType: req.Type, Languages: req.Languages(), Link: req.string("link") != "" && req.string("code") == "",
		Own: req.Notice || req.Rendered != nil,
	})
	if !ok && req.Rendered != nil {
		return c.rendered(req)
	}
	if !ok {
		return nil, nil, &Error{
			Code:    TemplateNotFound,
			Reason:  ReasonNoContent,
			Message: "No delivery is configured for usage type " + req.Type + ", and no Generic one.",
			Hint:    "Add a delivery for the type, or a Generic one, to the config." + c.ownTypes(),
		}
	}
	payload := content.Complete(req.Payload, c.expires(req, time.Now()))
	err := checkNeeds(req, content, payload)
	if err != nil && req.Rendered != nil {
		return c.rendered(req)
	}
	return content, payload, err
}

// rendered returns the mail that the caller has made.
func (c *Connector) rendered(req *Request) (*deliveries.Content, map[string]any, error) {
	autoText := c.config.Options.AutoText == nil || *c.config.Options.AutoText
	content, payload, err := req.Rendered.Content("callers/"+req.Caller, autoText)
	if err != nil {
		return nil, nil, &Error{
			Code: InvalidRequest, Reason: ReasonRequest, Message: "The caller's mail is refused: " + err.Error() + ".",
		}
	}
	return content, payload, nil
}

// checkNeeds refuses a request that lacks what its mail is sent for.
func checkNeeds(req *Request, content *deliveries.Content, payload map[string]any) error {
	needed := []string{"code"}
	if deliveries.IsForLink(req.Type) || req.Caller != "" {
		needed = append(needed, "link")
	}
	for _, member := range needed {
		if req.string(member) != "" || !content.Needs(member, payload) {
			continue
		}
		return &Error{
			Code:    InsufficientRequest,
			Reason:  ReasonNoCode,
			Message: "The content for usage type " + req.Type + " needs a " + member + ", and the payload has none.",
			Hint:    "Send payload." + member + ", or configure a delivery without {{" + member + "}} for the type.",
		}
	}
	return nil
}

// maxTypesTold bounds how many usage types a hint names.
const maxTypesTold = 12

// ownTypes is a sentence that names the config's usage types, since most often one of
// them was meant.
func (c *Connector) ownTypes() string {
	types := c.set.UsageTypes()
	if len(types) == 0 || len(types) > maxTypesTold {
		return ""
	}
	return " It has content for " + strings.Join(types, ", ") + "."
}
