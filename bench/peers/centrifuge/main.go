// Command centrifuge is a server for one log around the Centrifuge library: a POST to /append is
// published to all who watch by SSE. The last hundred messages are kept in memory, so that a
// watcher could come back to what it missed. It says where it serves, as Logflume does.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/centrifugal/centrifuge"
)

const (
	channel = "log"
	kept    = 100
	keptFor = time.Minute
)

func join(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
	return centrifuge.ConnectReply{
		Credentials:   &centrifuge.Credentials{},
		Subscriptions: map[string]centrifuge.SubscribeOptions{channel: {}},
	}, nil
}

func appendTo(node *centrifuge.Node) http.HandlerFunc {
	return func(answer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err == nil {
			_, err = node.Publish(channel, body, centrifuge.WithHistory(kept, keptFor))
		}
		if err != nil {
			http.Error(answer, err.Error(), http.StatusInternalServerError)
			return
		}
		answer.WriteHeader(http.StatusNoContent)
	}
}

func main() {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		log.Fatal(err)
	}
	node.OnConnecting(join)
	// Nobody answers pings here; without this the library would end the streams for it.
	alive := centrifuge.PingPongConfig{PongTimeout: -1}
	http.Handle("/watch", centrifuge.NewSSEHandler(node, centrifuge.SSEConfig{PingPongConfig: alive}))
	http.Handle("/append", appendTo(node))
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintf(os.Stderr, "serves http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
