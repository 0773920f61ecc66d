package httpapi

import (
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func (s *server) routes(e *echo.Echo) {
	e.Use(identify, s.recoverPanics(), middleware.BodyLimit(maxBody))

	e.GET("/healthz", s.health)
	e.GET("/readyz", s.ready)
	e.GET("/metrics", echo.WrapHandler(promhttp.HandlerFor(s.Gatherer, promhttp.HandlerOpts{})))
	e.GET("/openapi.yaml", openAPI)
	e.GET("/schema/connector.json", configSchema)
	e.GET("/metadata", metadata)

	api := e.Group("", s.authorize)
	api.POST("/send-code", s.sendCode, s.bound)
	api.POST("/test", s.testSend, s.bound)
	api.POST("/preview", s.preview)
	api.POST("/config/validate", s.validateConfig)
	api.GET("/config", s.config)
}
