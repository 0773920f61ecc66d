package app

import (
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/failover"
	"mailgun-connector/connector/mailgun"
)

// way is what makes a way another one.
type way struct {
	endpoint, domain string
	key              config.Secret
}

func wayOf(cfg *config.Config) way { return way{cfg.Endpoint, cfg.Domain, cfg.APIKey} }

// sendTime is what Mailgun has for a send, by whatever way.
func (a *App) sendTime() time.Duration { return a.opts.SendTimeout - answerTime(a.opts.SendTimeout) }

// oneWay returns a sender by the main way of a config alone.
func (a *App) oneWay(cfg *config.Config, retryTime time.Duration) *mailgun.Sender {
	return mailgun.NewSender(mailgun.Config{
		Connector: cfg,
		Client:    a.client,
		Timeout:   a.sendTime(),
		RetryMax:  a.opts.RetryMax,
		RetryTime: retryTime,
		Metrics:   a.mailgun,
	})
}

// sender returns a sender by all ways of the config that is to run.
func (a *App) sender(cfg *config.Config) connector.Sender {
	if cfg.Failover == nil {
		a.ways.Forget()
		return a.oneWay(cfg, 0)
	}
	after := min(cfg.Failover.After, a.sendTime()*3/4) // the other way needs time too
	retryTime := after
	if after == 0 {
		retryTime = a.sendTime() / 2
	}
	other := cfg.OtherWay()
	return a.ways.Sender(failover.Config{
		Main: a.oneWay(cfg, retryTime), MainID: wayOf(cfg),
		Other: a.oneWay(other, 0), OtherID: wayOf(other),
		From: cfg.OtherSender(), After: after, Timeout: a.sendTime(),
	})
}
