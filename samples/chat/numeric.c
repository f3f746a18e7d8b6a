/* SPDX-License-Identifier: Apache-2.0 */
/* Numeric: the texts of the replies that are errors or ends of lists. */
#include "samples/chat/numeric.h"

#include <stddef.h>

static const struct {
	enum chat_numeric number;
	const char *text;
} texts[] = {
        {RPL_ENDOFWHO, "End of /WHO list"},
        {RPL_ENDOFWHOIS, "End of /WHOIS list"},
        {RPL_ENDOFNAMES, "End of /NAMES list"},
        {RPL_ENDOFBANLIST, "End of channel ban list"},
        {RPL_ENDOFWHOWAS, "End of WHOWAS"},
        {ERR_NOSUCHNICK, "No such nick/channel"},
        {ERR_NOSUCHSERVER, "No such server"},
        {ERR_NOSUCHCHANNEL, "No such channel"},
        {ERR_CANNOTSENDTOCHAN, "Cannot send to channel"},
        {ERR_TOOMANYCHANNELS, "You have joined too many channels"},
        {ERR_WASNOSUCHNICK, "There was no such nickname"},
        {ERR_TOOMANYTARGETS, "Too many targets"},
        {ERR_NOORIGIN, "No origin specified"},
        {ERR_INVALIDCAPCMD, "Invalid CAP command"},
        {ERR_NORECIPIENT, "No recipient given"},
        {ERR_NOTEXTTOSEND, "No text to send"},
        {ERR_INPUTTOOLONG, "Input line was too long"},
        {ERR_UNKNOWNCOMMAND, "Unknown command"},
        {ERR_NOMOTD, "MOTD File is missing"},
        {ERR_NONICKNAMEGIVEN, "No nickname given"},
        {ERR_ERRONEUSNICKNAME, "Erroneous nickname"},
        {ERR_NICKNAMEINUSE, "Nickname is already in use"},
        {ERR_UNAVAILRESOURCE, "Nick/channel is temporarily unavailable"},
        {ERR_USERNOTINCHANNEL, "They aren't on that channel"},
        {ERR_NOTONCHANNEL, "You're not on that channel"},
        {ERR_USERONCHANNEL, "is already on channel"},
        {ERR_NOTREGISTERED, "You have not registered"},
        {ERR_NEEDMOREPARAMS, "Not enough parameters"},
        {ERR_ALREADYREGISTERED, "You may not reregister"},
        {ERR_PASSWDMISMATCH, "Password incorrect"},
        {ERR_CHANNELISFULL, "Cannot join channel (+l)"},
        {ERR_UNKNOWNMODE, "is unknown mode char to me"},
        {ERR_INVITEONLYCHAN, "Cannot join channel (+i)"},
        {ERR_BANNEDFROMCHAN, "Cannot join channel (+b)"},
        {ERR_BADCHANNELKEY, "Cannot join channel (+k)"},
        {ERR_BADCHANMASK, "Bad Channel Mask"},
        {ERR_BANLISTFULL, "Channel ban list is full"},
        {ERR_CHANOPRIVSNEEDED, "You're not channel operator"},
        {ERR_UMODEUNKNOWNFLAG, "Unknown MODE flag"},
        {ERR_USERSDONTMATCH, "Cant change mode for other users"},
        {ERR_INVALIDMODEPARAM, "Invalid mode parameter"},
};

const char *chat_numeric_text(enum chat_numeric number)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].number == number) {
			return texts[i].text;
		}
	}
	return "Unknown error";
}
