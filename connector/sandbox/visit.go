package sandbox

// visit is what opened, clicked and unsubscribed tell about a browser.
type visit struct {
	URL         string            `json:"url,omitempty"` // of clicked only
	IP          string            `json:"ip"`
	Geolocation map[string]string `json:"geolocation"`
	ClientInfo  map[string]string `json:"client-info"`
}

func newVisit(e Event) *visit {
	v := &visit{
		IP:          "198.51.100.7", // of another network for documentation
		Geolocation: map[string]string{"country": "US", "region": "CA", "city": "San Francisco"},
		ClientInfo: map[string]string{
			"client-name": "Chrome", "client-os": "OS X", "client-type": "browser", "device-type": "desktop",
			"user-agent": "Mozilla/5.0 (sandbox)",
		},
	}
	if e.Event == EventClicked {
		v.URL = "https://example.com/"
	}
	return v
}
