package connector.lib
