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
	e.Use(assignRequestID, s.recoverPanics)

	e.GET("/healthz", s.health)
	e.GET("/readyz", s.ready)
	e.GET("/metrics", echo.WrapHandler(promhttp.HandlerFor(s.Gatherer, promhttp.HandlerOpts{})))
	e.GET("/openapi.yaml", openAPI)
	e.GET("/schema/connector.json", configSchema)
	e.GET("/metadata", metadata)

	drafts := longBodies(maxShortBody, maxLongDrafts, errChecking)
	// Not a group with middleware: Echo would let that answer unknown paths too.
	e.POST(sendCodePath, s.sendCode, s.authorize, longBodies(maxShortBody, maxLongSends, errBusy), s.idempotent)
	e.POST("/test", s.testSend, s.authorize, drafts)
	e.POST("/preview", s.preview, s.authorize, drafts)
	e.POST("/config/validate", s.validateConfig, s.authorize, drafts)
	e.GET("/config", s.config, s.authorize)
	e.PUT("/config", s.saveConfig, s.authorize, drafts)
	e.GET("/status", s.status, s.authorize)
	e.GET("/messages", s.messages, s.authorize)
	e.GET("/messages/:id", s.message, s.authorize)
	e.POST("/messages/:id/retry", s.retryMessage, s.authorize)
	e.POST("/messages/:id/cancel", s.cancelMessage, s.authorize)

	// Identity servers prove their calls in their own ways.
	calls := longBodies(maxShortBody, maxLongSends, errBusy)
	e.POST(hooksPath, s.hook, calls)
	e.PUT(hooksPath, s.hook, calls)

	// Reports are signed by Mailgun.
	e.POST("/webhooks/mailgun", s.receiveWebhook, longBodies(commonReport, maxLongBodies, errReports))

	s.consoleRoutes(e)
}
