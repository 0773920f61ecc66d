package httpapi

import (
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// router answers HEAD wherever it answers GET (RFC 9110, section 9.1).
type router struct{ *echo.Echo }

// GET adds a route for both methods.
func (r router) GET(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) *echo.Route {
	r.HEAD(path, h, m...)
	return r.Echo.GET(path, h, m...)
}

func (s *server) routes(e router) {
	e.Pre(forgiveSlashes)
	e.Use(assignRequestID, s.recoverPanics, s.unlessSettingUp)

	e.GET("/healthz", s.health)
	e.GET("/readyz", s.ready)
	e.GET("/metrics", echo.WrapHandler(promhttp.HandlerFor(s.Gatherer, promhttp.HandlerOpts{})))
	e.GET("/openapi.yaml", openAPI)
	e.GET("/schema/connector.json", configSchema)
	e.GET("/metadata", metadata)

	drafts := longBodies(maxShortBody, maxLongDrafts, errChecking)
	// Not a group with middleware: Echo would let that answer unknown paths too.
	e.POST(sendCodePath, s.sendCode, s.allow(Send), longBodies(maxShortBody, maxLongSends, errBusy), s.idempotent)
	e.POST(testPath, s.testSend, s.allow(Send|Edit), drafts)  // which of them, [server.connector] tells
	e.POST("/preview", s.preview, s.allow(Read|Edit), drafts) // so, too
	e.POST("/config/validate", s.validateConfig, s.allow(Edit), drafts)
	e.POST("/doctor", s.doctor, s.allow(Edit), drafts)
	e.GET("/config", s.config, s.allow(Read))
	e.PUT("/config", s.saveConfig, s.allow(Edit), drafts)
	e.GET("/config/versions", s.versions, s.allow(Edit))
	e.GET("/config/versions/:id", s.version, s.allow(Edit))
	e.POST("/config/versions/:id/restore", s.restoreVersion, s.allow(Edit))
	e.GET(mailFilesPath+"*", s.mailFile, s.allow(Read))
	e.PUT(mailFilesPath+"*", s.saveMailFile, s.allow(Edit), drafts)
	e.POST("/mails", s.mails, s.allow(Read|Edit), drafts)
	e.POST("/mails/builtin", s.builtinMail, s.allow(Read|Edit), drafts)
	e.POST("/callers", s.callers, s.allow(Read|Edit), drafts)
	e.GET("/status", s.status, s.allow(Read))
	e.GET("/token", showToken, s.allow(anyScope))
	e.GET("/messages", s.messages, s.allow(Read))
	e.POST("/messages/search", s.searchMessages, s.allow(Read))
	e.GET("/messages/:id", s.message, s.allow(Read))
	e.POST("/messages/:id/retry", s.retryMessage, s.allow(Edit))
	e.POST("/messages/:id/cancel", s.cancelMessage, s.allow(Edit))
	e.GET("/suppressions", s.suppressions, s.allow(Edit))
	e.DELETE("/suppressions/:kind", s.liftSuppression, s.allow(Edit))

	// Identity servers prove their calls in their own ways.
	calls := longBodies(maxShortBody, maxLongSends, errBusy)
	e.POST(hooksPath, s.hook, calls)
	e.PUT(hooksPath, s.hook, calls)

	// Reports are signed by Mailgun.
	e.POST("/webhooks/mailgun", s.receiveWebhook, longBodies(commonReport, maxLongBodies, errReports))

	s.consoleRoutes(e)
}
