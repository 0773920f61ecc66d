package httpapi

import (
	"cmp"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"mailgun-connector/connector"
)

var errNoSuppression = echo.NewHTTPError(http.StatusNotFound, "The address is not on this list, or no more.")

// shownSuppression is an entry with what it means.
type shownSuppression struct {
	connector.Suppression
	explained
}

// unknownWay is one that could not be asked.
type unknownWay struct {
	Way connector.Way `json:"way"`
	explained
}

// titleKey is where a route has the title of its failures, if it is not about a mail.
const titleKey = "title"

const suppressionsTitle = "Mailgun's suppressions are not known"

// suppressedAddress returns the address that a request is about.
func suppressedAddress(c echo.Context) (string, error) {
	address := strings.ReplaceAll(c.QueryParam("to"), " ", "+") // as in messages
	if err := connector.CheckRecipient("to", address); err != nil {
		return "", badQuery(err.Error() + ".")
	}
	return address, nil
}

// suppressions tells what keeps mails from an address at Mailgun.
func (s *server) suppressions(c echo.Context) error {
	address, err := suppressedAddress(c)
	if err != nil {
		return err
	}
	c.Set(titleKey, suppressionsTitle)
	found, err := s.Suppressions().Find(c.Request().Context(), address)
	if err != nil {
		return err
	}
	answer := struct {
		Suppressions []shownSuppression `json:"suppressions"`
		Unknown      []unknownWay       `json:"unknown,omitempty"`
	}{Suppressions: make([]shownSuppression, len(found.Entries))}
	for i, entry := range found.Entries {
		answer.Suppressions[i] = shownSuppression{entry, explain(entry.Kind.Reason())}
	}
	for _, way := range slices.Sorted(maps.Keys(found.Unknown)) {
		failure := found.Unknown[way]
		words := explain(failure.Reason)
		words.Detail = failure.Message
		answer.Unknown = append(answer.Unknown, unknownWay{way, words})
	}
	return c.JSON(http.StatusOK, answer)
}

// liftSuppression removes an entry, so that the address gets mails again.
func (s *server) liftSuppression(c echo.Context) error {
	kind := connector.SuppressionKind(c.Param("kind"))
	if !slices.Contains(connector.SuppressionKinds, kind) {
		return echo.NewHTTPError(http.StatusNotFound,
			"The kinds of suppressions are bounce, unsubscribe and complaint.")
	}
	address, err := suppressedAddress(c)
	if err != nil {
		return err
	}
	c.Set(titleKey, suppressionsTitle)
	way := connector.Way(c.QueryParam("way"))
	err = s.Suppressions().Lift(c.Request().Context(), way, kind, address)
	if errors.Is(err, connector.ErrNoWay) {
		return badQuery(`"way" is main, or failover where the config has one with a domain of its own.`)
	}
	if err != nil {
		return err
	}
	s.Logger.LogAttrs(c.Request().Context(), slog.LevelInfo, "suppression lifted",
		slog.String("request_id", requestID(c)), slog.String("kind", string(kind)),
		slog.String("way", string(cmp.Or(way, connector.MainWay))),
		slog.String("recipient", s.Connector().Recipient(address).String()), slog.String("by", tokenOf(c).Name))
	return c.NoContent(http.StatusNoContent)
}
