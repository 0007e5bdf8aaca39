/** An application as others have it: Spring Boot, its gRPC starters, a client and a service. */
package acme.shop;
