package httpapi

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
)

// Status is what runs, for a console that shows it.
type Status struct {
	Version string       `json:"version"` // of the program
	Config  ConfigStatus `json:"config"`
	// Database is the engine that keeps messages, "sqlite" or "postgres"; "" for
	// none.
	Database string `json:"database"`
	// Sandbox says that mails go to a demo's sandbox, whose inbox the console shows.
	Sandbox bool `json:"sandbox"`
	// Ways tells which way mails go, nil where there is only one.
	Ways *WaysStatus `json:"ways,omitempty"`
	// Health is how the service is doing; the API fills it in.
	Health *Health `json:"health"`
	// Setup is there while the service has no config yet.
	Setup *SetupStatus `json:"setup,omitempty"`
}

// WaysStatus tells of the ways of a config with a failover.
type WaysStatus struct {
	Use  connector.Way   `json:"use"`            // that the next mail tries first
	Down []connector.Way `json:"down,omitempty"` // those taken to be down
}

// ConfigStatus tells of the running config and its file.
type ConfigStatus struct {
	File     string    `json:"file"`
	ETag     string    `json:"etag"` // as GET /config has it, with its quotes
	LoadedAt time.Time `json:"loadedAt"`
	// KeyFiles are the files that a Mailgun key in a config that is saved is written to, by the
	// key's pointer. A key without one is written to the config. Both get mode 0600.
	KeyFiles map[string]string `json:"keyFiles,omitempty"`
	Writable bool              `json:"writable"`       // as far as can be told without trying
	Hint     string            `json:"hint,omitempty"` // why it is not, and what to do
	Reload   ReloadStatus      `json:"reload"`
}

// ReloadStatus tells how the last reload went that found something new. If it is not
// OK, an older config runs than the one on disk.
type ReloadStatus struct {
	OK       bool             `json:"ok"`
	At       time.Time        `json:"at"`
	Problems []config.Problem `json:"problems"`
}

func (s *server) status(c echo.Context) error {
	status := s.Status()
	status.Health = s.healthOf(c.Request().Context())
	return c.JSON(http.StatusOK, status)
}
