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
	e.Use(identify, s.recoverPanics)

	e.GET("/healthz", s.health)
	e.GET("/readyz", s.ready)
	e.GET("/metrics", echo.WrapHandler(promhttp.HandlerFor(s.Gatherer, promhttp.HandlerOpts{})))
	e.GET("/openapi.yaml", openAPI)
	e.GET("/schema/connector.json", configSchema)
	e.GET("/metadata", metadata)

	// Not a group with middleware: Echo would let that answer unknown paths too.
	e.POST(sendCodePath, s.sendCode, s.authorize, s.bound, s.once)
	e.POST("/test", s.testSend, s.authorize, s.bound)
	e.POST("/preview", s.preview, s.authorize, s.bound)
	e.POST("/config/validate", s.validateConfig, s.authorize)
	e.GET("/config", s.config, s.authorize)
	e.PUT("/config", s.saveConfig, s.authorize)
	e.GET("/status", s.status, s.authorize)
	e.GET("/messages", s.messages, s.authorize)
	e.GET("/messages/:id", s.message, s.authorize)
	e.POST("/messages/:id/retry", s.retryMessage, s.authorize)
	e.POST("/messages/:id/cancel", s.cancelMessage, s.authorize)

	e.POST("/webhooks/mailgun", s.takeReport) // signed by Mailgun

	s.consoleRoutes(e)
}
