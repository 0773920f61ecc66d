package mailgun

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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

// Address returns that of the service, which is URL without the path for reports; "" where
// that is another path, which a proxy between must know.
func (d *Doctor) Address() string {
	address, known := strings.CutSuffix(d.URL, WebhookPath)
	if !known {
		return ""
	}
	return address
}

// Region is one of Mailgun's, which know nothing of each other's domains.
type Region struct{ Name, Endpoint string }

// regions are Mailgun's (API reference, base URLs).
var regions = []Region{{"US", "https://api.mailgun.net"}, {"EU", "https://api.eu.mailgun.net"}}

// checks are what is looked at, in the order in which it is told.
var checks = []string{"key", "domain", "dns", "from", "templates", "webhooks"}

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
	if e.found != nil {
		e.domain()
		e.templates(ctx)
		e.webhooks(ctx)
	} else {
		for _, check := range []string{"domain", "dns", "templates", "webhooks"} {
			e.unseen(check, e.blind)
		}
	}
	e.sender()
	slices.SortStableFunc(e.findings, func(a, b connector.Finding) int {
		return slices.Index(checks, a.Check) - slices.Index(checks, b.Check)
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

	found *mg.DomainResponse // nil if nothing can be looked up
	blind connector.Finding  // why not
}

type values = map[string]string

func (e *examination) say(code connector.FindingCode, v values) {
	e.findings = append(e.findings, code.With(v))
}

// unseen says why a check can't be done.
func (e *examination) unseen(check string, why connector.Finding) {
	why.Check = check
	e.findings = append(e.findings, why)
}

// unanswered returns why something can't be looked up that Mailgun answered with a status to.
func unanswered(status int) connector.Finding {
	switch status {
	case 0:
		return connector.UnseenForSilence.With(nil)
	case http.StatusUnauthorized, http.StatusForbidden:
		return connector.UnseenForRole.With(nil)
	}
	return connector.UnseenForAnswer.With(values{"status": strconv.Itoa(status)})
}

// key finds out whether the key may send from the domain in the region of the config,
// and what else it may do.
func (e *examination) key(ctx context.Context) {
	status, failure := e.account.trySend(ctx, e.Config)
	found, answer := e.account.lookUp(ctx)
	e.found, e.blind = found, connector.UnseenForKey.With(nil)
	here := values{"domain": e.Config.Domain, "region": e.regionName(e.Config.Endpoint)}
	switch {
	case failure == nil && found != nil:
		e.say(connector.FoundAccountKey, here)
	case failure == nil && answer == http.StatusNotFound:
		e.say(connector.FoundUnknownDomain, here)
	case failure == nil && answer != http.StatusUnauthorized && answer != http.StatusForbidden:
		e.blind = unanswered(answer)
		e.say(connector.FoundWorkingKey, here)
	case failure == nil:
		e.blind = connector.UnseenForSendingKey.With(nil)
		e.say(connector.FoundSendingKey, here)
	case status == 0:
		e.blind = connector.UnseenForSilence.With(nil)
		e.say(connector.FoundSilence, values{"endpoint": e.Config.Endpoint})
	case status == http.StatusUnauthorized && found == nil:
		e.refusedKey(ctx, answer)
	default:
		code := connector.FoundRefusal
		e.blind = connector.UnseenForRefusal.With(nil)
		if failure.Retryable() {
			code, e.blind = connector.FoundPassingRefusal, connector.UnseenForNow.With(nil)
		}
		e.say(code, values{
			"reason": string(failure.Reason), "status": strconv.Itoa(status),
			"message": strings.TrimSuffix(failure.MailgunMessage, "."),
		})
	}
}

// refusedKey looks for why Mailgun answers 401, which has four reasons, as far as other
// answers tell them apart.
func (e *examination) refusedKey(ctx context.Context, answer int) {
	domain := e.Config.Domain
	if answer == http.StatusNotFound {
		e.say(connector.FoundUnknownDomain, values{"domain": domain, "region": e.regionName(e.Config.Endpoint)})
		return
	}
	for _, other := range e.regionsOr() {
		if other.Endpoint == e.Config.Endpoint {
			continue
		}
		there := e.Doctor.account(other.Endpoint)
		if status, failure := there.trySend(ctx, e.Config); failure == nil || status == http.StatusForbidden {
			e.say(connector.FoundOtherRegion, values{"region": other.Name, "endpoint": other.Endpoint})
			return
		}
		if _, answer := there.lookUp(ctx); answer == http.StatusNotFound {
			e.say(connector.FoundDomainNowhere, values{"region": other.Name, "domain": domain})
			return
		}
	}
	e.say(connector.FoundWrongKey, values{"domain": domain})
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

// regionName returns the region that an endpoint is, "" if it is none.
func (d *Doctor) regionName(endpoint string) string {
	for _, r := range d.regionsOr() {
		if r.Endpoint == endpoint {
			return r.Name
		}
	}
	return ""
}

// domain tells of the domain's state and of its records in the DNS.
func (e *examination) domain() {
	name, state := e.Config.Domain, e.found.Domain.State
	switch {
	case state == "active" && strings.HasPrefix(name, "sandbox") && strings.HasSuffix(name, ".mailgun.org"):
		e.say(connector.FoundSandboxDomain, nil)
	case state == "active":
		e.say(connector.FoundActiveDomain, nil)
	case state == "unverified":
		e.say(connector.FoundUnverifiedDomain, nil)
	case state == "disabled":
		e.say(connector.FoundDisabledDomain, nil)
	default:
		e.say(connector.FoundDomainState, values{"state": state})
	}
	e.dns()
}

func (e *examination) dns() {
	bad := 0
	for _, r := range e.found.SendingDNSRecords {
		if r.Valid == "valid" {
			continue
		}
		code := connector.FoundRecordMissing
		if r.RecordType == "CNAME" { // for tracked links
			if !e.Config.Options.Tracking {
				continue
			}
			code = connector.FoundTrackingMissing
		}
		bad++
		e.say(code, values{"type": r.RecordType, "name": r.Name, "value": r.Value})
	}
	switch {
	case len(e.found.SendingDNSRecords) == 0:
		e.say(connector.FoundNoRecords, nil)
	case bad == 0:
		e.say(connector.FoundRecords, nil)
	}
}

// sender repeats what the config's own check has to say of from.
func (e *examination) sender() {
	for _, w := range e.Config.Warnings {
		if w.Pointer == "/from" {
			e.say(connector.FoundOddSender, values{"problem": w.Detail, "domain": e.Config.Domain})
			return
		}
	}
	e.say(connector.FoundSender, nil)
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
		e.say(connector.FoundNoTemplates, nil)
		return
	}
	for _, t := range slices.SortedFunc(maps.Keys(wanted), func(a, b stored) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.version, b.version))
	}) {
		slices.Sort(wanted[t])
		what := values{"template": t.name, "version": t.version, "types": strings.Join(wanted[t], ", ")}
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
			e.say(connector.FoundTemplate, what)
		case ex.status == http.StatusNotFound:
			e.say(connector.FoundTemplateMissing, what)
		default:
			what["status"] = strconv.Itoa(ex.status)
			e.say(connector.FoundTemplateUnknown, what)
		}
	}
}

// reportURLs returns the URLs of services like this one that anything is reported to.
func reportURLs(changes []WebhookChange) []string {
	var urls []string
	for _, c := range changes {
		urls = append(urls, c.URLs...)
	}
	urls = slices.DeleteFunc(urls, func(u string) bool { return !strings.HasSuffix(u, WebhookPath) })
	slices.Sort(urls)
	return slices.Compact(urls)
}

// webhooks tells whether Mailgun reports to this service.
func (e *examination) webhooks(ctx context.Context) {
	changes, status := e.account.planWebhooks(ctx, e.URL)
	if changes == nil {
		e.unseen("webhooks", unanswered(status))
		return
	}
	var missing []string
	for _, c := range changes {
		if !c.There {
			missing = append(missing, c.Kind)
		}
	}
	where := values{"url": cmp.Or(e.URL, WebhookPath)}
	switch {
	case len(missing) == 0 && e.URL == "": // of some service, which may be another
		e.say(connector.FoundWebhooksSomewhere, values{"urls": strings.Join(reportURLs(changes), ", ")})
		return
	case len(missing) == 0:
		e.say(connector.FoundWebhooks, where)
		return
	}
	where["kinds"] = strings.Join(missing, ", ")
	e.say(connector.FoundWebhooksMissing, where)
}
