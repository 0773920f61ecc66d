package mailgun

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	mg "github.com/mailgun/mailgun-go/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
)

// Doctor looks at a config with Mailgun's eyes: whether key, region and domain fit
// together, and whether what the config relies on is there. It sends no mail.
type Doctor struct {
	Config *config.Config
	Client *Client
	// Regions are where a key and a domain may be; nil for Mailgun's own.
	Regions []Region
	// URL is where Mailgun is to report to, "" if that is not known.
	URL string
}

// Region is one of Mailgun's, which know nothing of each other's domains.
type Region struct{ Name, Endpoint string }

// regions are Mailgun's (API reference, base URLs).
var regions = []Region{{"US", "https://api.mailgun.net"}, {"EU", "https://api.eu.mailgun.net"}}

// What is looked at, in this order.
const (
	checkKey       = "key"
	checkDomain    = "domain"
	checkDNS       = "dns"
	checkSender    = "from"
	checkTemplates = "templates"
	checkWebhooks  = "webhooks"
)

// Check returns what there is to say of each way, at least one finding of every kind.
func (d *Doctor) Check(ctx context.Context) []connector.Finding {
	findings := d.checkWay(ctx)
	if other := d.Other(); other != nil {
		for _, f := range other.checkWay(ctx) {
			f.Way = connector.OtherWay
			findings = append(findings, f)
		}
	}
	return findings
}

// Other returns the doctor of the failover, nil if there is none.
func (d *Doctor) Other() *Doctor {
	if d.Config.Failover == nil {
		return nil
	}
	other := *d
	other.Config = d.Config.OtherWay()
	other.Config.Failover = nil
	return &other
}

func (d *Doctor) checkWay(ctx context.Context) []connector.Finding {
	e := &examination{Doctor: d, account: d.account(d.Config.Endpoint)}
	e.key(ctx)
	if e.reads {
		e.domain()
		e.templates(ctx)
		e.webhooks(ctx)
	} else {
		for _, check := range []string{checkDomain, checkDNS, checkTemplates, checkWebhooks} {
			e.add(check, connector.Uncertain, "This can't be looked up: "+e.blind+".", e.blindHint)
		}
	}
	e.sender()
	order := []string{checkKey, checkDomain, checkDNS, checkSender, checkTemplates, checkWebhooks}
	slices.SortStableFunc(e.findings, func(a, b connector.Finding) int {
		return slices.Index(order, a.Check) - slices.Index(order, b.Check)
	})
	return e.findings
}

// account is the config's key and domain in one region.
type account struct{ *mg.MailgunImpl }

func (d *Doctor) account(endpoint string) account {
	there := *d.Config
	there.Endpoint = endpoint
	return account{newClient(&there, d.Client)}
}

// ask calls do, and returns what mailgun-go does not tell of the answer.
func ask(ctx context.Context, do func(context.Context) error) (*exchange, error) {
	ex := &exchange{}
	return ex, do(ex.context(ctx))
}

// trySend asks for a mail to nobody, which Mailgun refuses with 400 once it has accepted
// key and domain (API reference, messages: "to parameter is missing"). The failure is
// that of any mail, nil for the one that was wanted.
func (a account) trySend(ctx context.Context, cfg *config.Config) (status int, failure *connector.Error) {
	message := mg.NewMessage(cfg.From, "doctor", "doctor", "")
	message.EnableTestMode() // should it be sent for whatever reason
	ex, err := ask(ctx, func(ctx context.Context) error {
		_, _, err := a.Send(ctx, message)
		return err
	})
	if ex.status == http.StatusBadRequest && !accountRefused(ex.status, answerText(ex.body)) {
		return ex.status, nil
	}
	return ex.status, classify(ctx, ex, err, []string{a.APIKey()}).failure
}

// lookUp returns the domain; the status tells why not.
func (a account) lookUp(ctx context.Context) (*mg.DomainResponse, int) {
	var found mg.DomainResponse
	ex, err := ask(ctx, func(ctx context.Context) (err error) {
		found, err = a.GetDomain(ctx, a.Domain())
		return err
	})
	if err != nil {
		return nil, ex.status
	}
	return &found, ex.status
}

// examination is one run of a [Doctor].
type examination struct {
	*Doctor
	account  account
	findings []connector.Finding

	found            *mg.DomainResponse
	reads            bool   // whether the key may look things up
	blind, blindHint string // why it can't
}

func (e *examination) add(check string, level connector.Level, detail, hint string) {
	e.findings = append(e.findings, connector.Finding{Check: check, Level: level, Detail: detail, Hint: hint})
}

const (
	controlPanel = "Look into Mailgun's control panel, or run the check once with an account key."
	tryLater     = "Try again later."
	domainHint   = "Write domain as Mailgun's control panel lists it, or add it there."
)

// key finds out whether the key may send from the domain in the region of the config,
// and what else it may do.
func (e *examination) key(ctx context.Context) {
	status, failure := e.account.trySend(ctx, e.Config)
	found, answer := e.account.lookUp(ctx)
	e.found, e.reads = found, found != nil
	e.blind, e.blindHint = "the key does not get that far", "Set the key right first."
	region := e.regionName(e.Config.Endpoint)
	switch {
	case failure == nil && found != nil:
		e.add(checkKey, connector.OK, "The key is an account key, and may send from "+e.Config.Domain+region+".",
			"A domain sending key is enough to send, and can do nothing else if it is lost.")
	case failure == nil && answer == http.StatusNotFound:
		e.unknownDomain()
	case failure == nil && answer != http.StatusUnauthorized && answer != http.StatusForbidden:
		e.blind, e.blindHint = fmt.Sprintf("Mailgun did not answer as it should (status %d)", answer), tryLater
		e.add(checkKey, connector.OK, "The key may send from "+e.Config.Domain+region+".", "")
	case failure == nil:
		e.blind, e.blindHint = "the key may only send", controlPanel
		e.add(checkKey, connector.OK, "The key is a sending key: it may send from "+e.Config.Domain+region+
			", and do nothing else.", "")
	case status == 0:
		e.blind, e.blindHint = "Mailgun does not answer", tryLater
		e.add(checkKey, connector.Broken, "Mailgun does not answer at "+e.Config.Endpoint+".",
			"Check the network, a proxy (HTTPS_PROXY) and endpoint of the config.")
	case status == http.StatusUnauthorized && found == nil:
		e.refusedKey(ctx, answer)
	default:
		e.blind = "Mailgun does not let the key be used now"
		level := connector.Broken
		if failure.Retryable() {
			level, e.blindHint = connector.Uncertain, tryLater
		}
		detail, _, _ := strings.Cut(failure.Message, "; the mail") // there is none
		detail, _, _ = strings.Cut(detail, ": the mail")
		detail = strings.TrimSuffix(detail, ".") + fmt.Sprintf(" (status %d)", status)
		if failure.MailgunMessage != "" {
			detail += ": " + strings.TrimSuffix(failure.MailgunMessage, ".")
		}
		e.add(checkKey, level, detail+".", failure.Hint)
	}
}

// refusedKey looks for why Mailgun answers 401, which has four reasons, as far as other
// answers tell them apart.
func (e *examination) refusedKey(ctx context.Context, answer int) {
	if answer == http.StatusNotFound {
		e.unknownDomain()
		return
	}
	for _, other := range e.regionsOr() {
		if other.Endpoint == e.Config.Endpoint {
			continue
		}
		there := e.Doctor.account(other.Endpoint)
		if status, failure := there.trySend(ctx, e.Config); failure == nil || status == http.StatusForbidden {
			e.add(checkKey, connector.Broken, "Key and domain belong to Mailgun's "+other.Name+
				" region, and the config names another.", "Set endpoint to "+other.Endpoint+".")
			return
		}
		if _, answer := there.lookUp(ctx); answer == http.StatusNotFound {
			e.add(checkKey, connector.Broken, "The key works in Mailgun's "+other.Name+
				" region, but not in that of the config; the domain "+e.Config.Domain+" is known in neither.", domainHint)
			return
		}
	}
	e.add(checkKey, connector.Broken,
		"Mailgun refuses the key for "+e.Config.Domain+" (status 401), in every region that was tried.",
		"Mailgun does not tell these apart: the key is wrong or revoked; it is a sending key of another domain; "+
			"the account has an allowlist of IP addresses without this one. Copy the key again, or make a new one.")
}

func (e *examination) unknownDomain() {
	e.add(checkKey, connector.Broken, "The key works"+e.regionName(e.Config.Endpoint)+", but the domain "+
		e.Config.Domain+" is not known there.", domainHint)
}

// regionsOr returns the regions to try; an endpoint that is none of them stands alone.
func (d *Doctor) regionsOr() []Region {
	all := d.Regions
	if all == nil {
		all = regions
	}
	if slices.ContainsFunc(all, func(r Region) bool { return r.Endpoint == d.Config.Endpoint }) {
		return all
	}
	return nil
}

// regionName says which region an endpoint is, behind a space, "" if it is none.
func (d *Doctor) regionName(endpoint string) string {
	for _, r := range d.regionsOr() {
		if r.Endpoint == endpoint {
			return " in Mailgun's " + r.Name + " region"
		}
	}
	return ""
}

// domain tells of the domain's state and of its records in the DNS.
func (e *examination) domain() {
	name, state := e.Config.Domain, e.found.Domain.State
	switch {
	case state == "active" && strings.HasPrefix(name, "sandbox") && strings.HasSuffix(name, ".mailgun.org"):
		e.add(checkDomain, connector.Warning,
			"The domain is one of Mailgun's sandbox kind: it delivers to five authorized recipients at most.",
			"Add a domain of your own at Mailgun.")
	case state == "active":
		e.add(checkDomain, connector.OK, "The domain is active.", "")
	case state == "unverified":
		e.add(checkDomain, connector.Broken, "The domain is not verified: Mailgun does not send from it.",
			"Publish the DNS records below, then have Mailgun verify them in its control panel.")
	case state == "disabled":
		e.add(checkDomain, connector.Broken, "Mailgun has disabled the domain.",
			"This does not pass by itself: Mailgun's control panel says why, its support lifts it.")
	default:
		e.add(checkDomain, connector.Uncertain,
			fmt.Sprintf("The domain has the state %q, which is not known here.", state), controlPanel)
	}
	e.dns()
}

func (e *examination) dns() {
	bad := 0
	for _, r := range e.found.SendingDNSRecords {
		if r.Valid == "valid" {
			continue
		}
		level, purpose := connector.Broken, "SPF and DKIM are what keeps mails out of the spam folder"
		if r.RecordType == "CNAME" {
			if !e.Config.Options.Tracking {
				continue // it is for tracked links
			}
			level, purpose = connector.Warning, "links are tracked through it"
		}
		bad++
		e.add(checkDNS, level,
			fmt.Sprintf("Mailgun does not find the %s record at %s; %s.", r.RecordType, r.Name, purpose),
			fmt.Sprintf("Publish %s %s with the value %s", r.RecordType, r.Name, r.Value))
	}
	switch {
	case len(e.found.SendingDNSRecords) == 0:
		e.add(checkDNS, connector.Uncertain, "Mailgun names no DNS records for the domain.", controlPanel)
	case bad == 0:
		e.add(checkDNS, connector.OK, "Mailgun finds the DNS records that sending needs.", "")
	}
}

// sender repeats what the config's own check has to say of from.
func (e *examination) sender() {
	for _, w := range e.Config.Warnings {
		if w.Pointer == "/from" {
			e.add(checkSender, connector.Warning, "The sender "+w.Detail+".", "")
			return
		}
	}
	e.add(checkSender, connector.OK, "The sender's address fits the domain.", "")
}

// templates looks for the stored templates that the config names.
func (e *examination) templates(ctx context.Context) {
	type stored struct{ name, version string }
	wanted := map[stored][]string{}
	for usageType, delivery := range e.Config.Deliveries {
		if delivery.Template != "" {
			t := stored{delivery.Template, delivery.TemplateVersion}
			wanted[t] = append(wanted[t], usageType)
		}
	}
	if len(wanted) == 0 {
		e.add(checkTemplates, connector.OK, "The config names no templates that are stored at Mailgun.", "")
		return
	}
	for _, t := range slices.SortedFunc(maps.Keys(wanted), func(a, b stored) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.version, b.version))
	}) {
		types := wanted[t]
		slices.Sort(types)
		what := fmt.Sprintf("The template %q", t.name)
		if t.version != "" {
			what += fmt.Sprintf(" in version %q", t.version)
		}
		what += " (" + strings.Join(types, ", ") + ")"
		ex, err := ask(ctx, func(ctx context.Context) (err error) {
			if t.version != "" {
				_, err = e.account.GetTemplateVersion(ctx, url.PathEscape(t.name), url.PathEscape(t.version))
			} else {
				_, err = e.account.GetTemplate(ctx, url.PathEscape(t.name))
			}
			return err
		})
		switch {
		case err == nil:
			e.add(checkTemplates, connector.OK, what+" is stored at Mailgun.", "")
		case ex.status == http.StatusNotFound:
			e.add(checkTemplates, connector.Broken,
				what+" is not stored at Mailgun, which accepts its mails all the same and never sends them.",
				"Store it at Mailgun, in the region of the config, or name another.")
		default:
			e.add(checkTemplates, connector.Uncertain,
				what+fmt.Sprintf(" could not be looked up (status %d).", ex.status), tryLater)
		}
	}
}

// webhooks tells whether Mailgun reports to this service.
func (e *examination) webhooks(ctx context.Context) {
	changes, err := e.account.planWebhooks(ctx, e.URL)
	if err != nil {
		e.add(checkWebhooks, connector.Uncertain, "The webhooks could not be looked up: "+err.Error()+".", tryLater)
		return
	}
	var missing []string
	for _, c := range changes {
		if !c.There {
			missing = append(missing, c.Kind)
		}
	}
	where := "to " + WebhookPath
	if e.URL != "" {
		where = "to " + e.URL
	}
	if len(missing) == 0 {
		e.add(checkWebhooks, connector.OK, "Mailgun reports "+where+".", "")
		return
	}
	e.add(checkWebhooks, connector.Warning, "Mailgun does not report "+where+": "+strings.Join(missing, ", ")+
		". What becomes of mails that Mailgun has taken stays unknown here.",
		"Register the webhooks with the command webhooks; taking reports needs a database and "+
			"Mailgun's webhook signing key.")
}
