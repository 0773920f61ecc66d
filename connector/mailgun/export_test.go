package mailgun

import "net/http"

// Transport is what a client's sends go through: tests make it trust their own
// certificates and watch its connections.
func (c *Client) Transport() *http.Transport { return c.http.Transport.(*transport).Transport }
