/** Its suite, in which nothing is said of any check. */
package acme.shop;
